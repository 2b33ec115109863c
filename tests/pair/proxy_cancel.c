#include "proxy_story.h"
void proxy_cancel_stories(void)
{
}
