"""The product: an engine that takes a job through the stations of the pipeline."""
