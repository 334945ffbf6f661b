"""What `manage.py test` does besides pytest: checks of the code, a browser, the closing line."""
