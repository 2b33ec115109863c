#include "proxy_story.h"
void proxy_guard_stories(void)
{
}
