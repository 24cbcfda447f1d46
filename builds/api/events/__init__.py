"""The events of a job: in pages as JSON, or as they happen in a stream."""
