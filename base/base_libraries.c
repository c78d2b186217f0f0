#include "base/base_libraries.h"

#include <jansson.h>
#include <utf8proc.h>
#include <yaml.h>

void base_libraries(struct strmap *versions)
{
	strmap_set(versions, "jansson", jansson_version_str());
	strmap_set(versions, "libyaml", yaml_get_version_string());
	strmap_set(versions, "utf8proc", utf8proc_version());
}
