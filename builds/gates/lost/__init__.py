"""What NothingLost looks for: content that goes, tests that go or say nothing, code that pretends."""
