"""Webhook consumers with one known bug each, and correct ones, for measuring a contract-testing tool."""
