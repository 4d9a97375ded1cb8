/* Saved parameters of imports over HTTP. */
#ifndef PF_API_PROFILES_H
#define PF_API_PROFILES_H

#include "daemon/http/http.h"

void resource_profiles(struct http_request *request);
void resource_profile_get(struct http_request *request);
void resource_profile_put(struct http_request *request);
void resource_profile_delete(struct http_request *request);

#endif
