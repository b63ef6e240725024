"""How Salesforce says no: one exception for a whole request, one for a single record."""


class ApiError(Exception):
    """The request fails: HTTP `status` and a body `[{"message", "errorCode"}]`."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def body(self) -> list[dict[str, object]]:
        """The JSON body of the answer."""
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]


class RecordError(Exception):
    """One record is refused; a Collections or Bulk request goes on with the next."""

    def __init__(self, code: str, message: str, *fields: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status

    def as_request(self) -> ApiError:
        """The same refusal when the request was about this record alone."""
        return ApiError(self.status, self.code, self.message, self.fields)

    def as_item(self) -> dict[str, object]:
        """The same refusal within a Collections answer, where the code is called statusCode."""
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
        return {"success": False, "errors": [error]}
