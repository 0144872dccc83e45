"""Five vendors by name: where each is, how it is asked and how its key travels."""

from playhead.providers.vendors.provider import AsyncVendorProvider, VendorProvider
from playhead.providers.vendors.table import VENDORS, KeyPlace, Vendor, vendor_named

__all__ = ["VENDORS", "AsyncVendorProvider", "KeyPlace", "Vendor", "VendorProvider", "vendor_named"]
