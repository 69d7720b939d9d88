/* When a guest has had enough time. */
#include "vm/schedule/watchdog.h"

enum error watchdog_judge(const struct watchdog_view *view, struct reason *why)
{
	if (!view->deadline_us || !view->live_vcpus)
		return ERROR_NONE;
	if (view->busiest_us > view->deadline_us)
		return reason_set(why, ERROR_TIMEOUT,
				  "vcpu %u ran for %lu us without an end, %lu us allowed",
				  view->busiest_vcpu, view->busiest_us, view->deadline_us);
	if (view->halted_vcpus == view->live_vcpus && view->halted_us > view->deadline_us)
		return reason_set(why, ERROR_TIMEOUT,
				  "all %u vcpus have been halted for %lu us and no event is due",
				  view->live_vcpus, view->halted_us);
	return ERROR_NONE;
}
