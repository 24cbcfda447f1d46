"""The site: settings, URLs and the servers it brings along. No behaviour."""
