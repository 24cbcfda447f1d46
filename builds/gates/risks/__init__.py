"""What RiskReviewed looks for in code: the seeds' fourteen patterns by syntax, and a few more."""
