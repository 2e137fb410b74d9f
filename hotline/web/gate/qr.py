"""A QR code as inline SVG, drawn from the modules that reportlab encodes."""

from markupsafe import Markup


def svg(text: str, label: str) -> Markup:
    # Imported here: a library of documents that most processes never need.
    from reportlab.graphics.barcode.qrencoder import QR8bitByte, QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(QR8bitByte(text))
    code.make()
    size = code.getModuleCount()
    path = "".join(f"M{x} {y}h1v1h-1z" for y in range(size) for x in range(size) if code.isDark(y, x))
    return Markup(
        '<svg class="qr" viewBox="-2 -2 {0} {0}" role="img" aria-label="{1}"><rect x="-2" y="-2" width="{0}" '
        'height="{0}" fill="#fff"/><path d="{2}" fill="#000"/></svg>'
    ).format(size + 4, label, path)
