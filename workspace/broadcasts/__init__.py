"""The screens of broadcasts: composer, status page, campaign page."""
