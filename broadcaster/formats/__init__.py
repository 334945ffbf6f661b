"""How dates and numbers are written where Django's own way is not what readers know from other products."""
