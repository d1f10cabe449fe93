"""What ``mirage show`` prints."""
