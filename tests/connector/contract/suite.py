"""What every connector promises, tested over real HTTP against an emulated CRM."""

from tests.connector.contract.enduring import Enduring
from tests.connector.contract.listing import Listing
from tests.connector.contract.looking import Looking
from tests.connector.contract.reading import Reading
from tests.connector.contract.setting_up import SettingUp
from tests.connector.contract.writing import Writing


class CrmContract(Reading, Looking, Writing, Listing, SettingUp, Enduring):
    """Subclassed once for each CRM, which gives the fixture `side`."""
