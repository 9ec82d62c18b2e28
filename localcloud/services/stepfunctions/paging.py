"""How Step Functions pages its lists."""

from __future__ import annotations

from localcloud.services._paging import Pages
from localcloud.services.stepfunctions import errors

PAGES = Pages(errors.invalid_token, default=100, most=1000, size="maxResults", token="nextToken")
