#include "proxy_story.h"
void proxy_redirect_stories(void)
{
}
