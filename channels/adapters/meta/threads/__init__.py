"""What Messenger and Instagram share: one thread per person, in the words of the Messenger Platform.

https://developers.facebook.com/docs/messenger-platform
"""
