"""The database: tables and transactions."""
