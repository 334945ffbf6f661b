"""The receipt of a top-up as a PDF, in the reader's language."""

from __future__ import annotations

from io import BytesIO

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from billing.models import TopUp
from billing.money import shown

# Faces that every PDF reader brings itself, so that no font has to be shipped.
FACES = {"zh-hans": "STSong-Light", "zh-hant": "MSung-Light", "en": "MSung-Light"}
LEFT, TOP, LINE = 25 * mm, A4[1] - 35 * mm, 9 * mm
VALUES = LEFT + 55 * mm


def receipt_pdf(top_up: TopUp) -> bytes:
    face = FACES.get(get_language() or "", "MSung-Light")
    pdfmetrics.registerFont(UnicodeCIDFont(face))
    page = BytesIO()
    canvas = Canvas(page, pagesize=A4)
    canvas.setTitle(_("Receipt %(reference)s") % {"reference": top_up.reference})
    canvas.setFont(face, 20)
    canvas.drawString(LEFT, TOP, _("Receipt"))
    canvas.setFont(face, 11)
    for row, (label, value) in enumerate(_rows(top_up), start=2):
        canvas.drawString(LEFT, TOP - row * LINE, label)
        canvas.drawString(VALUES, TOP - row * LINE, value)
    canvas.setFont(face, 9)
    canvas.drawString(
        LEFT, 25 * mm, _("This is a prepayment for messages; it is not an invoice for messages sent.")
    )
    canvas.save()
    return page.getvalue()


def _rows(top_up: TopUp) -> list[tuple[str, str]]:
    paid = timezone.localtime(top_up.paid_at) if top_up.paid_at else None
    rows = [
        (_("Number"), top_up.reference),
        (_("Received from"), top_up.tenant.name),
        (_("For"), _("WhatsApp credit")),
        (_("Amount"), shown(top_up.amount, top_up.currency)),
        (
            _("Paid on"),
            f"{date_format(paid, 'DATETIME_FORMAT')} ({timezone.get_current_timezone_name()})"
            if paid
            else "",
        ),
        (_("How you pay"), str(top_up.get_method_display())),
    ]
    if top_up.payment:
        rows.append((_("Payment"), top_up.payment))
    if top_up.refunded:
        rows.append((_("Paid back since"), shown(top_up.refunded, top_up.currency)))
    return rows
