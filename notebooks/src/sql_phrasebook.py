"""Notebook 01: statements that keep a lake in order, and questions that SQL over files can answer.

{lake} is where they write; it is emptied before, because UNLOAD and a new table want a place of their own.
"""

from helpers.errors import WorkshopError
from helpers.session import current

from src.lake import drop_table
from src.three_tools import ask_athena

#: What is said -> what it is for.
STATEMENTS = {
    "SHOW PARTITIONS by_column": "what is there",
    "INSERT INTO by_column SELECT 9001, 'cake', 12.5, 'airport'": "a row for a new shop: a new partition",
    "ALTER TABLE by_column DROP PARTITION (shop = 'airport')": "forget it; the file stays",
    "ALTER TABLE by_column ADD IF NOT EXISTS PARTITION (shop = 'airport')": "and know it again",
    "MSCK REPAIR TABLE by_column": "or look for all folders that nobody knows",
    "SELECT count(*) FROM by_column WHERE shop = 'airport'": "one row",
    "DESCRIBE by_column": "columns",
    "UNLOAD (SELECT shop, price FROM by_column WHERE price > 100) TO '{lake}/dear/' WITH (format = 'JSON')": "give",
    "CREATE EXTERNAL TABLE books (shop string, orders int, taken double) ROW FORMAT SERDE "
    "'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION '{lake}/books/' "
    "TBLPROPERTIES ('skip.header.line.count' = '1')": "a CSV file with quotes is a table too",
    "SELECT shop, taken FROM books WHERE orders > 400": "read it",
    "SHOW TABLES": "what there is now",
    "DROP TABLE books": "forget a table; its files stay",
}
QUESTIONS = {
    "approx_distinct(item), max_by(item, price) FROM checkouts": "how many kinds; the dearest",
    "shop, count_if(price > 10) FROM checkouts GROUP BY shop HAVING count(*) > 400": "groups, some of them",
    "shop, rank() OVER (ORDER BY sum(price) DESC) FROM checkouts GROUP BY shop": "places, by a window",
    "shop, approx_percentile(price, 0.5) FROM checkouts WHERE shop LIKE 'h%' GROUP BY 1": "the median",
    "word FROM (SELECT split('tea, cake', ', ') AS words) CROSS JOIN UNNEST(words) AS t(word)": "a list, as rows",
    "k, v FROM UNNEST(map(ARRAY['tea', 'cake'], ARRAY[2, 12])) AS t(k, v)": "a map, as rows",
    "filter(ARRAY[1, 5, 9], x -> x > 3), transform(ARRAY['a'], w -> upper(w))": "lambdas",
    "json_extract_scalar('{\"till\": [7, 8]}', '$.till[1]')": "JSON in a text",
    "date_diff('day', date '2026-01-05', date '2026-02-01'), date '2026-01-31' + interval '1' day": "days",
    "date_format(date_parse('05/01/2026 09:07', '%d/%m/%Y %H:%i'), '%H:%i')": "a time in another form",
    "1 / 2, 7 % 4, try_cast('seven' AS int), coalesce(NULL, 0)": "numbers, and none",
    "regexp_extract('order-42', '[0-9]+'), lpad('7', 3, '0'), substr('receipt', 1, 3)": "texts",
    "a.shop FROM by_column a LEFT JOIN checkouts b ON a.order_id = b.order_id WHERE b.shop IS NULL": "who is missing",
    "price FROM checkouts WHERE shop = 7": "wrong",
    "shops FROM checkouts": "wrong",
    "shop FROM checkout": "wrong",
    "1 / 0": "wrong",
}


def said(workshop, sql):
    """What Athena answers to a statement: rows, or its words where it refuses."""
    try:
        rows = ask_athena(workshop, sql, heading=not sql.startswith(("SHOW", "DESC"))).rows
    except WorkshopError as refusal:
        return str(refusal).splitlines()[0]
    return "; ".join(" ".join(" ".join(map(str, row)).split()) for row in rows) or "done"


def keep_in_order(workshop):
    """Print each statement and what Athena answers."""
    s3, lake = workshop.client("s3"), f"s3://{workshop.bucket}/kept"
    drop_table(current(), "books")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=workshop.bucket, Prefix="kept/"):
        for each in page.get("Contents", []):
            s3.delete_object(Bucket=workshop.bucket, Key=each["Key"])
    books = '"shop","orders","taken"\n"greenleaf","424","5948.5"\n"harbour","353","4980.9"\n'
    s3.put_object(Bucket=workshop.bucket, Key="kept/books/today.csv", Body=books.encode())
    for sql, why in STATEMENTS.items():
        print(f"{why}\n    {sql}\n    -> {said(workshop, sql.format(lake=lake))}")


def ask_around(workshop):
    """Print each question and its answer; the last four are wrong, and Athena says how."""
    for question, why in QUESTIONS.items():
        sql = f"SELECT {question}"
        print(f"{why}\n    {sql}\n    -> {said(workshop, sql)}")
