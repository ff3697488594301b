"""`python -m relaycheck.reference`."""

import sys

from relaycheck.reference.run import main

sys.exit(main())
