#include "proxy_story.h"
void proxy_flow_stories(void)
{
}
