"""The OpenAPI description of a service: its paths, and exactly what its network reads."""

from typing import Any

from glassnet.serve.bodies import PICTURES

JSON = "application/json"
NUMBER = {"type": "number"}
TEXT = {"type": "string"}
ERRORS = {
    "408": "The body arrived too slowly.",
    "413": "The body is too large.",
    "415": "The body is neither JSON nor a picture.",
    "422": "The rows or the query cannot be read, or do not fit the network; the sentence says "
    "where and why.",
}
OPTIONS = {
    "threshold": "Predict the second of the two classes from this probability on.",
    "interval": "Add to each value the ends of an interval that holds this share of values.",
}


def openapi(model: dict[str, Any]) -> dict[str, Any]:
    """The document (OpenAPI 3.1) of the service of one network.

    - `model`: what `description` says of it.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model["name"],
            "version": model["glassnet"],
            "description": "A neural network, served by glassnet.",
        },
        "paths": {
            "/predict": {"post": _predict(model)},
            "/health": {"get": _get("Whether the service answers.", {"type": "object"})},
            "/model": {"get": _get("Layers, columns, training and metrics.", {"type": "object"})},
        },
        "components": {
            "schemas": {
                "Row": _row(model["input"]),
                "Prediction": _prediction(model),
                "Error": _object({"error": TEXT}),
            }
        },
    }


def _predict(model: dict[str, Any]) -> dict[str, Any]:
    row, example = {"$ref": "#/components/schemas/Row"}, model["input"]["example"]
    content: dict[str, Any] = {
        JSON: {
            "schema": {"anyOf": [{"type": "array", "items": row, "minItems": 1}, row]},
            "example": [example],
        }
    }
    if model["input"]["form"] == "picture":
        content |= {kind: {"schema": {"type": "string", "format": "binary"}} for kind in PICTURES}
    predictions = {"type": "array", "items": {"$ref": "#/components/schemas/Prediction"}}
    result = _object(
        {"predictions": predictions, "notes": {"type": "array", "items": TEXT}}, ["predictions"]
    )
    error = {"schema": {"$ref": "#/components/schemas/Error"}}
    return {
        "summary": "A prediction for each row.",
        "operationId": "predict",
        "parameters": [_parameter(*option) for option in model["options"].items()],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "The predictions, in the order of the rows; notes say what was "
                "unusual in them, such as a category that was not there in training.",
                "content": {JSON: {"schema": result}},
            },
            **{
                code: {"description": text, "content": {JSON: error}}
                for code, text in ERRORS.items()
            },
        },
    }


def _parameter(name: str, usual: float | None) -> dict[str, Any]:
    """An option of a request, in its query."""
    schema: dict[str, Any] = {**NUMBER, "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    if usual is not None:
        schema["default"] = usual
    return {"name": name, "in": "query", "description": OPTIONS[name], "schema": schema}


def _get(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {JSON: {"schema": schema}}
    return {"summary": summary, "responses": {"200": {"description": "OK", "content": content}}}


def _row(given: dict[str, Any]) -> dict[str, Any]:
    if given["form"] == "table":
        columns = {column["name"]: _column(column) for column in given["columns"]}
        return {**_object(columns), "example": given["example"]}
    schema: dict[str, Any] = NUMBER
    for size in reversed(given["shape"]):
        schema = {"type": "array", "items": schema, "minItems": size, "maxItems": size}
    return schema


def _column(column: dict[str, Any]) -> dict[str, Any]:
    """The schema of a column's values; null is a gap."""
    example = {"examples": [column["example"]]}
    if column["kind"] == "pixel":
        return {"type": "integer", "minimum": 0, "maximum": 255, **example}
    if column["kind"] == "number":
        return {"type": ["number", "boolean", "null"], **example}
    if column["kind"] == "date":
        return {
            "type": ["string", "null"],
            "description": f"A date written as {column['format']}.",
            **example,
        }
    known = {"enum": [*column["values"], None], "title": "values in training, or a gap"}
    others = {"type": ["string", "number", "boolean"], "title": "a value that is new"}
    return {"anyOf": [known, others], **example}


def _prediction(model: dict[str, Any]) -> dict[str, Any]:
    if model["task"] == "values":
        return _value(model)
    classes, chance = model["classes"], {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    if model["task"] == "labels":
        said = _of_each(model["targets"], {"enum": [0, 1]})
    else:
        said = {"enum": classes} if classes else {"type": "integer"}
    chances: dict[str, Any] = {"type": "object", "additionalProperties": chance}
    if classes:
        chances = _object(dict.fromkeys(map(str, classes), chance))
    return _object({"prediction": said, "probabilities": chances})


def _value(model: dict[str, Any]) -> dict[str, Any]:
    """The schema of a predicted value, with its interval if requests may have one."""
    number = {"type": ["number", "null"]}
    said = {"prediction": _of_each(model["targets"], number)}
    if "interval" not in model["options"]:
        return _object(said)
    ends = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
    usual = model["options"]["interval"] is not None
    return _object(
        {**said, "interval": _of_each(model["targets"], ends)},
        ["prediction", "interval"] if usual else ["prediction"],
    )


def _of_each(targets: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of one target's value, or of an object with all of them."""
    return schema if len(targets) == 1 else _object(dict.fromkeys(targets, schema))


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }
