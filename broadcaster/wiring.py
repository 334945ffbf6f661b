"""Who listens to whom. `channels` sends one signal per class of event and never knows the receivers."""

from __future__ import annotations


def connect() -> None:
    """Connect the receivers; called once by the app registry, when the models can be imported."""
    from django.contrib.auth.signals import user_logged_out

    from billing.hooks import hooks as billing_hooks
    from broadcaster import readers
    from campaigns.engine import halt
    from campaigns.engine import receivers as engine
    from campaigns.engine.echoes import claim_echoes
    from campaigns.reports import who_answered
    from channels import signals
    from channels.health import news
    from conversations import receivers
    from conversations.hooks import hooks
    from templates_app import receivers as templates
    from templates_app.hooks import hooks as template_hooks

    signals.batches.connect(engine.on_batch)
    signals.inbound_messages.connect(receivers.on_inbound_messages)
    signals.account_changes.connect(news.on_account_changes)
    signals.template_changes.connect(templates.on_template_changes)
    signals.contact_changes.connect(receivers.on_contact_changes)
    signals.echoes.connect(receivers.on_echoes)
    signals.withdrawals.connect(receivers.on_withdrawals)
    signals.status_changes.connect(receivers.on_status_changes)
    signals.status_changes.connect(engine.on_status_changes)
    signals.reads_up_to.connect(receivers.on_reads_up_to)
    signals.reads_up_to.connect(engine.on_reads_up_to)
    signals.switched_off.connect(engine.on_switched_off)
    user_logged_out.connect(readers.on_signed_out)
    hooks.customers_replied = engine.on_customers_replied
    hooks.claim_echoes = claim_echoes
    hooks.channel_broken = halt.on_channel_broken
    hooks.recent_senders = engine.recent_senders
    hooks.template_broadcast = engine.sent_template_since
    hooks.who_answered = who_answered
    billing_hooks.credit_taken_back = halt.on_credit_taken_back
    template_hooks.templates_stopped = halt.on_templates_stopped
    template_hooks.templates_recategorised = engine.on_templates_recategorised
