"""Addresses of the credit pages, under `/credit/`."""

from __future__ import annotations

from django.urls import path

from workspace.credit import alert, bill, overview, payers, recharge, statements, top_up

app_name = "credit"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("statement.csv", statements.movements_file, {"form": "csv"}, name="statement_csv"),
    path("statement.xlsx", statements.movements_file, {"form": "xlsx"}, name="statement_xlsx"),
    path("month/", statements.month, name="month"),
    path("alert/", alert.alert, name="alert"),
    path("bill/", bill.bill, name="bill"),
    path("bill/compare/", bill.compare_now, name="bill_compare"),
    path("bill/<int:line>/", bill.bill_line, name="bill_line"),
    path("recharge/", recharge.settings, name="recharge"),
    path("recharge/off/", recharge.off, name="recharge_off"),
    path("payers/", payers.payers, name="payers"),
    path("payers/<int:whatsapp_account>/", payers.payer, name="payer"),
    path("top-up/", top_up.new, name="top_up"),
    path("top-ups/<slug:top_up_key>/", top_up.detail, name="top_up_detail"),
    path("top-ups/<slug:top_up_key>/receipt.pdf", top_up.receipt, name="receipt"),
]
