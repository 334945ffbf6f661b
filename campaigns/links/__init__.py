"""Short links: each person gets their own, so that a tap is theirs (docs/adr/0028).

`finding` says what is a link in a text, `texts` what a text says to one person, `codes` how a short link names person
and place, `freezing` which links a broadcast has, `door` where they are opened, `visitors` who opens them, and `taps`
what follows.
"""
