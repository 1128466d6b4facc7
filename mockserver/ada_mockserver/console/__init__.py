"""The console: what the mock holds, as a web page for people."""
