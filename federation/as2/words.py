"""What we say on other servers: the hub's own sayings, under the name that documents are made with."""

from hub.sayings import OPTIONS as OPTIONS
from hub.sayings import SAYS as SAYS
from hub.sayings import chosen as chosen
from hub.sayings import local as local
from hub.sayings import options as options
from hub.sayings import say as say
from hub.sayings import when as when
