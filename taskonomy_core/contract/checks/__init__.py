"""The contract as runnable, named rules: a stranger's task takes the same test as the project's own.

bench = CheckBench(views=my_views, size=my_size)
for result in check_task(TASK, bench): print(result.name, result.passed, result.message)

@parametrize_with_checks([TASK], bench)
def test_contract(task, check): check(task)
"""

from taskonomy_core.contract.checks.bench import CheckBench, CheckResult, Trial
from taskonomy_core.contract.checks.running import Check, check_task, parametrize_with_checks, task_checks

__all__ = ["Check", "CheckBench", "CheckResult", "Trial", "check_task", "parametrize_with_checks", "task_checks"]
