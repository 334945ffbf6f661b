"""Files: taken from members and customers, checked, kept, and given to providers under addresses nobody can guess."""

from channels.media.fetching import fetch_incoming
from channels.media.rules import MediaProblem, is_kept, outgoing_media, problems_for
from channels.media.uploads import store_upload

__all__ = ["MediaProblem", "fetch_incoming", "is_kept", "outgoing_media", "problems_for", "store_upload"]
