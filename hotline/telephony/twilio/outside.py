"""How outside parties are dialled: over the trunk that the deployment names, or by the provider's own network.

Twilio carries no calls into mainland China, so a hotline there leads them over SIP to an exchange of its own.
The caller's true number goes along as caller id where the network allows it, and over SIP in a header always.
"""

from urllib.parse import quote

from hotline.config import PUBLIC_NETWORK, Config

HEADER = "X-Original-Caller"
"""Read by the exchange behind the trunk: the number of the caller for whom it is dialled, in E.164."""
DIRECT = ("client:", "sip:", "sips:")


class Outside:
    """`possible`: whether numbers can be dialled at all."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.possible = config.provider == "simulator" or bool(config.outside_trunk)

    def reach(self, endpoint: str, caller: str) -> tuple[str, str]:
        """Where `endpoint` is really dialled, and the number shown there. Softphones and SIP addresses stay."""
        shown = caller if caller and self.config.outside_caller_id == "caller" else self.config.line_number
        if endpoint.startswith(DIRECT):
            return endpoint, shown
        address = (self.config.outside_trunk or PUBLIC_NETWORK).replace(PUBLIC_NETWORK, endpoint)
        if caller and address.startswith(DIRECT):
            address += f"?{HEADER}={quote(caller, safe='')}"
        return address, shown
