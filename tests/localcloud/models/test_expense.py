"""The rules that turn rows into an expense, each on the smallest receipt that shows it."""

from __future__ import annotations

import pytest

from localcloud.models.expense import Expense, analyse
from localcloud.models.expense_text import currency_of
from localcloud.models.layout import rows
from tests.localcloud.models.written import page

HEAD = """
Corner Shop
5 Elm Street
"""


def read(text: str, **options: str) -> Expense:
    return analyse(rows(page(text, **options)))


def summary(text: str, **options: str) -> dict[str, str]:
    return {field.type: field.value.text for field in read(text, **options).summary}


def items(text: str) -> list[dict[str, str]]:
    found = [{field.type: field.value.text for field in item} for item in read(text).items]
    for item in found:
        del item["EXPENSE_ROW"]
    return found


def test_nothing_written_is_nothing_spent() -> None:
    assert analyse([]) == Expense((), (), None)


def test_a_sum_in_front_of_a_name_is_its_quantity_and_a_long_number_its_code() -> None:
    found = items(HEAD + "2 x Tea            4.00\n3 Rolls            1.50\n40117  Rice        3.89\nTOTAL   9.39")
    assert found == [
        {"ITEM": "Tea", "QUANTITY": "2", "PRICE": "4.00"},
        {"ITEM": "Rolls", "QUANTITY": "3", "PRICE": "1.50"},
        {"ITEM": "Rice", "PRODUCT_CODE": "40117", "PRICE": "3.89"},
    ]


def test_a_row_of_a_quantity_belongs_to_the_name_above_it() -> None:
    assert items(HEAD + "Eggs\n  2 @ 4.99       9.98 F\nMilk              3.19 T\nTOTAL        13.17") == [
        {"ITEM": "Eggs", "QUANTITY": "2", "UNIT_PRICE": "4.99", "PRICE": "9.98"},
        {"ITEM": "Milk", "PRICE": "3.19"},
    ]


def test_a_row_of_a_weight_explains_the_item_above_it() -> None:
    assert items(HEAD + "Apples            2.27\n  0.540 kg @ 4.20 /kg\nTOTAL        2.27") == [
        {"ITEM": "Apples", "QUANTITY": "0.540", "UNIT_PRICE": "4.20", "PRICE": "2.27"}
    ]


def test_a_table_s_titles_label_its_columns() -> None:
    text = HEAD + "Description   Qty   Unit price   Amount\nPot 24 cm      3       12.90       38.70\nTotal   38.70"
    assert items(text) == [{"ITEM": "Pot 24 cm", "QUANTITY": "3", "UNIT_PRICE": "12.90", "PRICE": "38.70"}]
    labels = {field.type: field.label.text for field in read(text).items[0] if field.label}
    assert labels == {"ITEM": "Description", "QUANTITY": "Qty", "UNIT_PRICE": "Unit price", "PRICE": "Amount"}


@pytest.mark.parametrize("refund", ["(12.50)", "-12.50", "12.50-", "$(12.50)", "- 12.50"])
def test_what_is_paid_back_is_an_item(refund: str) -> None:
    text = HEAD + f"Returned mug  {refund}\nBread         5.00\nTOTAL        (7.50)"
    assert [item["PRICE"] for item in items(text)] == [refund, "5.00"]
    assert summary(text)["TOTAL"] == "(7.50)"


@pytest.mark.parametrize(
    ("one", "two", "total"),
    [("R 1 089.90", "R 10.00", "R 1 099.90"), ("R 89.90", "R 10.00", "R 99.90"), ("N12", "N18", "N30")],
)
def test_a_letter_that_stands_for_a_currency_belongs_to_its_sum(one: str, two: str, total: str) -> None:
    text = HEAD + f"Coffee    {one}\nBread     {two}\nTOTAL     {total}"
    assert [(item["ITEM"], item["PRICE"]) for item in items(text)] == [("Coffee", one), ("Bread", two)]
    assert summary(text)["TOTAL"] == total


def test_a_discount_is_no_item() -> None:
    text = HEAD + "Coffee        4.00\nMember discount  -1.00\nTOTAL         3.00"
    assert [item["ITEM"] for item in items(text)] == ["Coffee"]
    assert summary(text)["DISCOUNT"] == "-1.00"


def test_an_item_may_be_called_like_a_payment() -> None:
    text = HEAD + "Coffee        4.00\nGift card    25.00\nTOTAL        29.00\nCard         29.00"
    assert [item["ITEM"] for item in items(text)] == ["Coffee", "Gift card"]
    assert summary(text)["AMOUNT_PAID"] == "29.00"


def test_the_grand_total_is_the_total() -> None:
    text = HEAD + "Coffee   4.00\nTotal    4.00\nTip      0.50\nGrand total  4.50"
    found = [(field.type, field.value.text) for field in read(text).summary if field.money]
    assert found == [("OTHER", "4.00"), ("GRATUITY", "0.50"), ("TOTAL", "4.50")]


def test_what_is_due_is_the_total_where_nothing_else_is_called_so() -> None:
    assert summary(HEAD + "Coffee   4.00\nAmount due   4.00")["TOTAL"] == "4.00"
    both = summary(HEAD + "Coffee   4.00\nTotal   4.00\nBalance due   1.00")
    assert (both["TOTAL"], both["AMOUNT_DUE"]) == ("4.00", "1.00")


def test_the_tallest_words_of_the_head_are_the_vendor() -> None:
    text = "Tax invoice\nNo trade like ours\nCorner Shop\n5 Elm Street\nTea   2.00\nTotal   2.00"
    assert summary(text, large="Corner Shop")["VENDOR_NAME"] == "Corner Shop"


def test_among_equals_the_first_line_is_the_vendor() -> None:
    assert summary(HEAD + "Tea   2.00\nTotal   2.00")["VENDOR_NAME"] == "Corner Shop"


def test_an_american_address_comes_in_parts_too() -> None:
    found = summary("Corner Shop\n5 Elm Street\nPort Alder, ME 04019\nTea   2.00\nTotal   2.00")
    assert found["VENDOR_ADDRESS"] == "5 Elm Street\nPort Alder, ME 04019"
    assert [found[name] for name in ("STREET", "CITY", "STATE", "ZIP_CODE")] == [
        "5 Elm Street", "Port Alder", "ME", "04019"
    ]  # fmt: skip


def test_a_due_date_is_not_the_receipt_s_date() -> None:
    text = HEAD + "Due date: 01/31/2026\nDate: 01/05/2026\nTea   2.00\nTotal   2.00"
    assert summary(text)["INVOICE_RECEIPT_DATE"] == "01/05/2026"


def test_a_value_may_stand_under_its_label() -> None:
    text = HEAD + "Invoice No.     Date\nNB20417         12 Sep 2025\nTea   2.00\nTotal   2.00"
    found = summary(text)
    assert (found["INVOICE_RECEIPT_ID"], found["INVOICE_RECEIPT_DATE"]) == ("NB20417", "12 Sep 2025")


def test_the_receipt_s_number_goes_before_the_order_s() -> None:
    text = HEAD + "Order 55\nReceipt #104482\nTea   2.00\nTotal   2.00"
    assert summary(text)["INVOICE_RECEIPT_ID"] == "104482"


def test_tax_number_and_web_address_are_the_vendor_s() -> None:
    found = summary(HEAD + "VAT No: GB 123 4567 89\nTea   2.00\nTotal   2.00\nwww.corner.example")
    assert (found["TAX_PAYER_ID"], found["VENDOR_URL"]) == ("GB 123 4567 89", "www.corner.example")


def test_other_labels_keep_their_words() -> None:
    fields = read(HEAD + "Cashier: Mo\nTea   2.00\nTotal   2.00").summary
    (other,) = [field for field in fields if field.type == "OTHER"]
    assert other.label is not None
    assert (other.label.text, other.value.text) == ("Cashier", "Mo")


# ---- sums of several words, and without decimals


def test_groups_of_digits_with_blanks_between_them_are_one_sum() -> None:
    text = HEAD + "Desk      1 250,50 €\nTOTAL     1 250,50 €"
    assert items(text) == [{"ITEM": "Desk", "PRICE": "1 250,50 €"}]
    assert summary(text)["TOTAL"] == "1 250,50 €"


def test_a_quantity_before_a_price_with_a_point_is_not_a_group_of_it() -> None:
    assert items(HEAD + "Lamp 2 100.50\nTOTAL     100.50")[0]["PRICE"] == "100.50"


@pytest.mark.parametrize(
    ("price", "total"), [("¥160", "¥324"), ("160", "324"), ("160 Ft", "324 Ft"), ("kr 160", "kr 324")]
)
def test_a_receipt_may_print_no_decimals(price: str, total: str) -> None:
    text = HEAD + f"Table      12\nTea        {price}\nTotal      {total}\nCash       500"
    assert items(text) == [{"ITEM": "Tea", "PRICE": price}]
    assert (summary(text)["TOTAL"], summary(text)["AMOUNT_PAID"]) == (total, "500")


@pytest.mark.parametrize(
    ("price", "total", "currency"),
    [("W4,500", "W12000", "KRW"), ("P189.00", "P219.00", "PHP"), ("B120.00", "B160.00", "THB")],
)
def test_a_sign_that_the_recogniser_reads_as_a_letter_is_a_currency(price: str, total: str, currency: str) -> None:
    text = HEAD + f"Tea        {price}\nTotal      {total}\nOrder      W12345"
    assert items(text) == [{"ITEM": "Tea", "PRICE": price}]
    assert summary(text)["TOTAL"] == total
    assert currency_of([price, total]) == currency


def test_of_three_numbers_whose_last_is_the_product_the_second_is_what_one_costs() -> None:
    assert items(HEAD + "Onigiri   2   160   320\nTea       1   140   140\nTotal     460") == [
        {"ITEM": "Onigiri", "QUANTITY": "2", "UNIT_PRICE": "160", "PRICE": "320"},
        {"ITEM": "Tea", "QUANTITY": "1", "UNIT_PRICE": "140", "PRICE": "140"},
    ]


def test_numbers_without_a_total_are_no_sums() -> None:
    assert read(HEAD + "Room      12\nFloor     3").items == ()


def test_where_sums_have_decimals_a_number_alone_is_none() -> None:
    text = HEAD + "Rope 12 Ft      9.50\nPages      12\nTOTAL      9.50\nTill      3"
    assert [item["PRICE"] for item in items(text)] == ["9.50"]
    assert summary(text)["TOTAL"] == "9.50"
