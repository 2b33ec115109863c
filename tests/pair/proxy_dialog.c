#include "proxy_story.h"
void proxy_dialog_stories(void)
{
}
