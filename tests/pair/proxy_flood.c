#include "proxy_story.h"
void proxy_flood_stories(void)
{
}
