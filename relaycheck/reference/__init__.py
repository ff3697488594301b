"""The reference target: a faithful RelayMessage service over real SMTP, and the faulty ones made from it."""
