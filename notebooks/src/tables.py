"""Tables in DynamoDB, made once: a cell that is run again finds what it made before."""


def make_table(workshop, name, key):
    """Make a table, or keep the one that has the name, and wait until it is there; returns the client of DynamoDB.

    Args:
        workshop: what connect() returned.
        name: the table's; it starts with workshop-. On AWS it is then called workshop.name(name).
        key: the attribute, a text, by which its items are found.
    """
    dynamodb, name = workshop.client("dynamodb"), workshop.name(name)
    try:
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=workshop.tags,
        )
    except dynamodb.exceptions.ResourceInUseException:  # it is there, or on its way: being made, or being deleted
        if status(dynamodb, name) == "DELETING":
            dynamodb.get_waiter("table_not_exists").wait(TableName=name)
            return make_table(workshop, name, key)
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    return dynamodb


def stored(workshop, name, keys):
    """How many of these texts are keys of items in a table.

    Args:
        workshop: what connect() returned.
        name: the table's, which make_table made.
        keys: texts.
    """
    dynamodb, name = workshop.client("dynamodb"), workshop.name(name)
    (schema,) = dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]
    answers = [dynamodb.get_item(TableName=name, Key={schema["AttributeName"]: {"S": key}}) for key in keys]
    return sum("Item" in answer for answer in answers)


def status(dynamodb, name):
    """What DescribeTable says of a table; DELETING when it is gone."""
    try:
        return dynamodb.describe_table(TableName=name)["Table"]["TableStatus"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return "DELETING"
