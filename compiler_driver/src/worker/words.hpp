// What host and worker say to each other: jobs and outcomes as lists of words, and those as bytes.
//
// Both ends are of one build (the first word says so), hence no versions; yet neither trusts the other's lengths.
#pragma once

#include "../unit.hpp"

#include <graft/driver/compiler.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graft::driver {

using Words = std::vector<std::string>;

std::string bytes_of(const Words &words);
/// Nothing for bytes that are cut short or none of `bytes_of`.
std::optional<Words> words_of(std::span<const char> bytes);

Words to_words(const Job &job);
Result<Job> job_from_words(const Words &words);

/// The files of a job, with what their compiles looked at; no word of learned code, since a worker has none.
Words to_words(const Result<std::vector<Unit>> &outcome);
Result<std::vector<Unit>> outcome_from_words(const Words &words);

/// A file that is done goes before the outcome.
Words to_words(const CompiledFile &file);
/// Whether these words were one; then `tell` has heard of it.
bool tell_compiled(const Words &words, const TellCompiled &tell);

} // namespace graft::driver
