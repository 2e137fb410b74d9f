"""The door itself: who may pass, and which of its pages stand in the navigation."""

from hotline.people.models import Role
from hotline.web import gate

door = gate.door("admin", __name__, url_prefix="/admin", roles=(Role.ADMIN, Role.AUDITOR))

administrators = gate.allow(Role.ADMIN)
auditors = gate.allow(Role.AUDITOR)

gate.nav("人员", "admin.people", 80, home_of=(Role.ADMIN,))
gate.nav("机构", "admin.institutions", 81)
gate.nav("日历", "admin.calendar", 82)
gate.nav("办理时限", "admin.deadline_rules", 82)
gate.nav("代码", "admin.topics", 83)
gate.nav("语音导航", "admin.menus", 84)
gate.nav("通讯录", "admin.contacts", 84)
gate.nav("各市报送", "admin.reporting", 84)
gate.nav("后台作业", "admin.jobs", 85)
gate.nav("审计", "admin.trail", 90, home_of=(Role.AUDITOR,))
