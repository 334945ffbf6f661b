"""The few calls of Stripe's that the product makes: Checkout sessions, refunds, and their signed events.

https://docs.stripe.com/api
"""
