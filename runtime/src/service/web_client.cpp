// The web client on libcurl, where graft is built with it: one connection a request, and nothing of the environment has a
// say in where it goes.
#include <graft/outside.hpp>

#if GRAFT_HTTP_CLIENT
#include <curl/curl.h>

#include <algorithm>
#include <utility>

namespace graft {
namespace {

/// What comes in, up to a limit.
struct Inbox {
  WebResponse response;
  std::size_t most = 0;
  bool is_full = false;
};

std::size_t take_body(char *data, std::size_t, std::size_t size, void *context) {
  auto &inbox = *static_cast<Inbox *>(context);
  if (size > inbox.most - std::min(inbox.most, inbox.response.body.size())) return inbox.is_full = true, 0;
  inbox.response.body.append(data, size);
  return size;
}

std::size_t take_header(char *data, std::size_t, std::size_t size, void *context) {
  auto &inbox = *static_cast<Inbox *>(context);
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return size; // the status line, and the empty one at the end
  const std::size_t begin = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
  inbox.response.headers.emplace_back(line.substr(0, colon), line.substr(begin));
  return size;
}

Error failed(CURLcode status, const WebRequest &request, const Inbox &inbox) {
  const std::string to = request.address.host + ":" + std::to_string(request.address.port);
  if (inbox.is_full)
    return error(Code::kPayloadLimit,
                 "the answer of " + to + " has more than " + std::to_string(request.most_bytes) + " bytes");
  if (status == CURLE_OPERATION_TIMEDOUT)
    return error(Code::kTimeout, to + " did not answer in " + std::to_string(request.timeout.count()) + " ms");
  return error(Code::kEnvironment, to + " cannot be asked: " + curl_easy_strerror(status));
}

class CurlClient final : public WebClient {
 public:
  ~CurlClient() override { curl_global_cleanup(); }

  Result<WebResponse> send(const WebRequest &request) override {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
    if (curl == nullptr) return error(Code::kExhausted, "no memory for a request");
    curl_slist *lines = nullptr;
    for (const auto &[name, value] : request.headers)
      lines = curl_slist_append(lines,
                                (value.empty() ? name + ";" : name + ": " + value).c_str()); // its way to send an empty one
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(lines, curl_slist_free_all);
    Inbox inbox{{}, request.most_bytes};
    const std::string address = to_string(request.address);
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
    set(CURLOPT_URL, address.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, ""); // also not what the environment says
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, static_cast<void *>(&inbox));
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, static_cast<void *>(&inbox));
    if (const CURLcode status = curl_easy_perform(curl.get()); status != CURLE_OK) return failed(status, request, inbox);
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    inbox.response.status = static_cast<unsigned>(status);
    return std::move(inbox.response);
  }
};

} // namespace

Result<std::unique_ptr<WebClient>> make_web_client() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return error(Code::kEnvironment, "libcurl cannot start");
  return std::unique_ptr<WebClient>(std::make_unique<CurlClient>());
}

} // namespace graft

#else

namespace graft {

Result<std::unique_ptr<WebClient>> make_web_client() {
  return error(Code::kUnsupported,
               "this graft was built without a web client; build it with -DGRAFT_HTTP_CLIENT=ON, or plug one in");
}

} // namespace graft

#endif
