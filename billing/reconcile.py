"""Whether the ledger adds up, asked of every tenant in SQL (docs/credit.md). Nothing is mended here: whoever finds a
difference looks for its cause and books a correction."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Difference:
    """Two figures that ought to be one, in millionths of `currency`. `about`: a wallet, or the subject of a hold."""

    tenant_id: int
    currency: str
    about: str
    rule: str
    expected: int
    found: int

    @property
    def amount(self) -> int:
        return abs(self.expected - self.found)

    def __str__(self) -> str:
        return (
            f"tenant {self.tenant_id}, {self.about}: {self.rule}: "
            f"{self.expected} expected, {self.found} found ({self.currency}, millionths)"
        )


# What each account holds, by its entries; an entry moves an amount from one account to another, so all add up to 0.
_ACCOUNTS = """
moved AS (
    SELECT tenant_id, currency, source AS account, subject, -amount AS amount FROM billing_entry
    UNION ALL SELECT tenant_id, currency, target, subject, amount FROM billing_entry
)"""
_RULES = {
    "the wallet is the ledger's available credit": """
        WITH {accounts}, told AS (
            SELECT tenant_id, currency, sum(amount) AS amount FROM moved WHERE account = 'available' GROUP BY 1, 2
        )
        SELECT tenant_id, currency, 'wallet', coalesce(told.amount, 0)::bigint,
               coalesce(w.available, 0)
        FROM told FULL JOIN billing_wallet w USING (tenant_id, currency)
        WHERE coalesce(told.amount, 0) <> coalesce(w.available, 0)""",
    "what is on hold is the ledger's": """
        WITH {accounts}, told AS (
            SELECT tenant_id, currency, subject, sum(amount) AS amount FROM moved WHERE account = 'reserved'
            GROUP BY 1, 2, 3
        )
        SELECT tenant_id, coalesce(told.currency, h.currency), subject, coalesce(told.amount, 0)::bigint,
               coalesce(h.reserved - h.captured - h.released, 0)
        FROM told FULL JOIN billing_reservation h USING (tenant_id, subject)
        WHERE coalesce(told.amount, 0) <> coalesce(h.reserved - h.captured - h.released, 0)""",
    "what was spent is what holds say was captured": """
        WITH {accounts}, told AS (
            SELECT tenant_id, currency, subject, sum(amount) AS amount FROM moved WHERE account = 'spent'
            GROUP BY 1, 2, 3
        )
        SELECT tenant_id, coalesce(told.currency, h.currency), subject, coalesce(told.amount, 0)::bigint,
               coalesce(h.captured + h.lost, 0)
        FROM told FULL JOIN billing_reservation h USING (tenant_id, subject)
        WHERE coalesce(told.amount, 0) <> coalesce(h.captured + h.lost, 0)""",
    "what was paid in is what top-ups say": """
        WITH {accounts}, told AS (
            SELECT tenant_id, currency, -sum(amount) AS amount FROM moved WHERE account = 'top_ups' GROUP BY 1, 2
        ),
        paid AS (
            SELECT tenant_id, currency, sum(amount - refunded) AS amount FROM billing_topup
            WHERE paid_at IS NOT NULL GROUP BY 1, 2
        )
        SELECT tenant_id, currency, 'top-ups', coalesce(told.amount, 0)::bigint, coalesce(paid.amount, 0)::bigint
        FROM told FULL JOIN paid USING (tenant_id, currency)
        WHERE coalesce(told.amount, 0) <> coalesce(paid.amount, 0)""",
    "what is owed is what disputes left unpaid": """
        WITH told AS (
            SELECT tenant_id, currency, sum(CASE WHEN source = 'losses' THEN amount ELSE -amount END) AS amount
            FROM billing_entry
            WHERE (source = 'losses' AND target = 'top_ups' AND key LIKE 'disputed:%%')
               OR (source = 'available' AND target = 'losses')
            GROUP BY 1, 2
        )
        SELECT tenant_id, currency, 'owed', coalesce(told.amount, 0)::bigint, coalesce(w.owed, 0)
        FROM told FULL JOIN billing_wallet w USING (tenant_id, currency)
        WHERE coalesce(told.amount, 0) <> coalesce(w.owed, 0)""",
    "all accounts add up to nothing": """
        WITH {accounts}
        SELECT tenant_id, currency, 'ledger', 0::bigint, sum(amount)::bigint FROM moved
        GROUP BY 1, 2 HAVING sum(amount) <> 0""",
}


@dataclass(frozen=True)
class Loss:
    """What the platform bears for a tenant, in millionths of `currency`: messages beyond what was held for them, and
    payments taken back after their credit had gone."""

    tenant_id: int
    currency: str
    messages: int
    payments: int


_LOSSES = """
SELECT tenant_id, currency,
       coalesce(sum(CASE WHEN source = 'losses' THEN amount ELSE -amount END)
                FILTER (WHERE 'spent' IN (source, target)), 0)::bigint,
       coalesce(sum(CASE WHEN source = 'losses' THEN amount ELSE -amount END)
                FILTER (WHERE 'spent' NOT IN (source, target)), 0)::bigint
FROM billing_entry WHERE 'losses' IN (source, target) GROUP BY 1, 2 ORDER BY 1, 2
"""


def losses() -> list[Loss]:
    """Of every tenant with any, the operator's view."""
    with connection.cursor() as cursor:
        cursor.execute(_LOSSES)
        return [Loss(*row) for row in cursor.fetchall()]


def ledger_differences() -> list[Difference]:
    """Of every tenant, the operator's view; empty where everything adds up."""
    found = []
    with connection.cursor() as cursor:
        for rule, sql in _RULES.items():
            cursor.execute(sql.format(accounts=_ACCOUNTS))
            found += [
                Difference(tenant_id, currency, about, rule, expected, is_)
                for tenant_id, currency, about, expected, is_ in cursor.fetchall()
            ]
    return found
