"""The provider seam: steps out, notices in. The only package that knows a telephone provider (docs/telephony.md)."""
