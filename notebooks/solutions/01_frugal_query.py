frugal = "SELECT round(sum(price), 2) AS taken FROM checkouts WHERE shop = 'harbour'"
