"""Files handed out: always as a download, never opened by the browser itself."""

from urllib.parse import quote

from flask import Response


def attachment(name: str, content_type: str, data: bytes) -> Response:
    """A download with its name in the form of RFC 6266: a header may hold no Chinese."""
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    return Response(
        data,
        content_type=content_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        },
    )
