#include "proxy_story.h"
void proxy_hunt_stories(void)
{
}
