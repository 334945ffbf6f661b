class ServiceError(Exception):
    """A service could not be brought up; the message says what happened and what to do about it."""
