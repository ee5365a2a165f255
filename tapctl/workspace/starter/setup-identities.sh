#!/usr/bin/env bash
#
# Creates the two identities that work on one tenant from GitHub, without any stored secret:
#
#   tapctl-ENVIRONMENT-plan    reads; trusted when a job runs in the GitHub environment ENVIRONMENT-plan
#   tapctl-ENVIRONMENT-apply   writes; trusted when a job runs in the GitHub environment ENVIRONMENT
#
# GitHub makes an environment that a job names and nobody has made, for any branch and without reviewers. So this
# comes first: both are made, ENVIRONMENT for main only, and before it has required reviewers nothing is trusted in
# it; how they are set is said. `--unreviewed` goes on without them, for repositories that cannot have any.
#
# Neither identity may read or make anybody's pass. The permissions are those that the kinds in the workspace take;
# when the kinds change, `tapctl doctor` says what is missing or too much, and
# `tapctl init --part identities` writes this file anew (once the old one is gone).
#
#   gh auth login
#   az login --tenant TENANT --allow-no-subscriptions
#   ./setup-identities.sh [--unreviewed] [OWNER/REPOSITORY]
#
# Whoever runs it administers the repository, and may register applications and consent to application permissions
# of Microsoft Graph: a Privileged Role Administrator. It may be run again: what is there is found and left, and
# nothing is removed. Anyone may have registered an application of these names: one that somebody else owns, that
# holds a secret or certificate, or that trusts anything else stops it, unless you say that you mean just that one:
#
#   PLAN_APP_ID=APP_ID APPLY_APP_ID=APP_ID ./setup-identities.sh [OWNER/REPOSITORY]
#
# In other clouds: `az cloud set --name AzureUSGovernment` or `AzureChinaCloud` first.

set -euo pipefail

environment=@ENVIRONMENT@
tenant_id=@TENANT@
repository=@REPOSITORY@
graph=@GRAPH@
graph_app_id=@GRAPH_APP@
audience=@AUDIENCE@
issuer='https://token.actions.githubusercontent.com'

plan_permissions=(
@PLAN@
)

apply_permissions=(
@APPLY@
)

# Whom each identity trusts: the workflows that `tapctl init` writes run every job that signs in within a GitHub
# environment. Jobs without one have other subjects, which are wider: add them only if you need them.
#   repo:OWNER/REPOSITORY:pull_request           any pull request of the repository itself
#   repo:OWNER/REPOSITORY:ref:refs/heads/main    anything that runs on main
plan_subjects=("environment:${environment}-plan")
apply_subjects=("environment:${environment}")

die() {
  printf 'setup-identities: %s\n' "$*" >&2
  exit 1
}

say() {
  printf '%s\n' "$*" >&2
}

lower() {
  printf '%s' "$1" | tr '[:upper:]' '[:lower:]'
}

# What was created a moment ago may not be found everywhere yet. Bash does not stop at errors inside a function
# that is called like this, so each of them returns at its first one.
patiently() {
  local attempt
  for attempt in 1 2 3 4 5; do
    if "$@"; then
      return 0
    fi
    [[ "$attempt" == 5 ]] || sleep "$((attempt * 3))"
  done
  return 1
}

# NAME: what GitHub says of an environment, in words: there; reviewers; and who may use it: anywhere, protected or
# listed branches. Nothing if there is none.
protection_of() {
  local answer
  if answer="$(gh api "repos/${repository}/environments/$1" --jq '[
    "there",
    (.protection_rules[]? | select(.type == "required_reviewers" and (.reviewers | length) > 0) | "reviewers"),
    (.deployment_branch_policy | if . == null then "anywhere" elif .protected_branches then "protected" else "listed" end)
  ] | unique | join(" ")' 2>&1)"; then
    printf '%s\n' "$answer"
  elif [[ "$answer" != *'HTTP 404'* ]]; then
    die "GitHub does not say how the environment $1 is protected: ${answer}"
  fi
}

# NAME OPTION...: make a GitHub environment that is not there.
github_environment() {
  local name="$1"
  shift
  [[ -z "$(protection_of "$name")" ]] || return 0
  say "creating the GitHub environment ${name}"
  gh api --method PUT "repos/${repository}/environments/${name}" "$@" ||
    die "GitHub made no environment ${name}: that takes somebody who administers ${repository}"
}

# NAME: stop unless only main gets into a GitHub environment, and only past reviewers.
check_protected() {
  local name="$1" found branches protected=false
  local path="repos/${repository}/environments/$1"
  found="$(protection_of "$name")"
  case "$found" in
    *anywhere*) die "any branch may use the GitHub environment ${name}: let only main (Settings, Environments)" ;;
    *protected*) protected=true ;;
    *)
      branches="$(gh api "${path}/deployment-branch-policies" --jq '[.branch_policies[].name] | join(" ")')"
      if [[ -z "$branches" ]]; then
        say "letting main into ${name}, and no other branch"
        gh api --method POST "${path}/deployment-branch-policies" --silent -f name=main
      elif [[ "$branches" != main ]]; then
        say "WARNING: these may use the GitHub environment ${name}, and not only main: ${branches}"
      fi
      ;;
  esac
  [[ "$found" != *reviewers* ]] || return 0
  if [[ -n "$unreviewed" ]]; then
    say "WARNING: ${name} has no required reviewers: whoever may write to main changes the tenant, unseen"
    return 0
  fi
  cat >&2 <<END
${name} has no required reviewers yet. For a person (or a team: type=Team, orgs/ORG/teams/TEAM):

  gh api --method PUT "${path}" \\
    -F 'reviewers[][type]=User' -F "reviewers[][id]=\$(gh api users/LOGIN --jq .id)" -F prevent_self_review=true \\
    -F 'deployment_branch_policy[protected_branches]=${protected}' \\
    -F 'deployment_branch_policy[custom_branch_policies]=$([[ "$protected" == true ]] && echo false || echo true)'

END
  die "nothing is trusted in ${name} before somebody reviews what runs there; then run this again"
}

# APP_ID SUBJECT...: who and what can act as an application, or change it, besides the subjects; a line each.
strangers() {
  local app_id="$1" found subject expected=' ' principal
  shift
  for subject in "$@"; do
    expected="${expected}${issuer}|repo:${repository}:${subject} "
  done
  found="$(az ad app federated-credential list --id "$app_id" --query '[].[issuer, subject, name]' --output tsv)" ||
    return 1
  printf '%s' "$found" | awk -F'\t' -v expected="$expected" \
    '!index(expected, " " $1 "|" $2 " ") { print "  it trusts " $2 " of " $1 " (federated credential " $3 ")" }'
  found="$(az ad app show --id "$app_id" --query '[passwordCredentials, keyCredentials][].[keyId]' --output tsv)" ||
    return 1
  printf '%s' "$found" | awk '{ print "  it has a secret or certificate: " $1 }'
  found="$(az ad app owner list --id "$app_id" --query '[].[id, displayName]' --output tsv)" || return 1
  printf '%s' "$found" | awk -F'\t' -v me="$me" '$1 != me { print "  an owner is " $2 " (" $1 ")" }'
  principal="$(az ad sp list --filter "appId eq '${app_id}'" --query '[].id' --output tsv)" || return 1
  [[ -n "$principal" ]] || return 0
  found="$(az ad sp show --id "$principal" --query '[passwordCredentials, keyCredentials][].[keyId]' --output tsv)" ||
    return 1
  printf '%s' "$found" | awk '{ print "  its service principal has a secret or certificate: " $1 }'
  found="$(az ad sp owner list --id "$principal" --query '[].[id, displayName]' --output tsv)" || return 1
  printf '%s' "$found" |
    awk -F'\t' -v me="$me" '$1 != me { print "  an owner of its service principal is " $2 " (" $1 ")" }'
}

# NAME VARIABLE APP_ID SUBJECT...: the appId of the application that is there, nothing if there is none. APP_ID is
# what VARIABLE says; without it, one that anybody else can act as is not taken.
find_application() {
  local name="$1" variable="$2" meant="$3" found strange
  shift 3
  found="$meant"
  if [[ -z "$meant" ]]; then
    found="$(az ad app list --filter "displayName eq '${name}'" --query '[].appId' --output tsv)" ||
      die "whether there is an application ${name} is not known"
  fi
  case "$found" in
    '') return 0 ;;
    *$'\n'*)
      die "several applications are called ${name}: remove or rename all but the right one, or say which: ${variable}=APP_ID"
      ;;
  esac
  strange="$(strangers "$found" "$@")" || die "what ${name} (${found}) trusts, holds and is owned by is not known"
  strange="$(printf '%s' "$strange" | LC_ALL=C tr -d '\000-\010\013-\037\177')" # it comes from strangers
  if [[ -n "$strange" && -n "$meant" ]]; then
    say "WARNING: ${name} (${found}) is taken because ${variable} says so, and others can act as it:"
    say "$strange"
  elif [[ -n "$strange" ]]; then
    say "$strange"
    die "${name} (${found}) is there, and others can act as it: it may be a namesake. Delete or rename it, or take this \
away from it; if it is the right one as it is, say so: ${variable}=${found}"
  fi
  printf '%s\n' "$found"
}

# NAME: the appId of a new application.
new_application() {
  say "creating application $1"
  az ad app create --display-name "$1" --sign-in-audience AzureADMyOrg --query appId --output tsv
}

# APP_ID: the object id of its service principal.
service_principal() {
  local app_id="$1" found
  found="$(az ad sp list --filter "appId eq '${app_id}'" --query '[].id' --output tsv)" || return 1
  if [[ -z "$found" ]]; then
    say "creating the service principal of ${app_id}"
    found="$(az ad sp create --id "$app_id" --query id --output tsv)" || return 1
  fi
  printf '%s\n' "$found"
}

# APP_ID SUBJECT: trust GitHub's tokens for exactly this subject.
trust() {
  local app_id="$1" subject="repo:${repository}:$2" name found
  name="github-$(printf '%s' "$2" | tr -c 'A-Za-z0-9_-' '-')"
  found="$(az ad app federated-credential list --id "$app_id" --query "[?name=='${name}'].subject" --output tsv)" ||
    return 1
  if [[ "$found" == "$subject" ]]; then
    return 0
  fi
  if [[ -n "$found" ]]; then
    die "${name} trusts ${found}, and not ${subject}: delete that federated credential if it is no longer meant"
  fi
  say "trusting ${subject}"
  az ad app federated-credential create --id "$app_id" --output none --parameters \
    "{\"name\": \"${name}\", \"issuer\": \"${issuer}\", \"subject\": \"${subject}\", \"audiences\": [\"${audience}\"]}"
}

# PRINCIPAL: the ids of the app roles of Microsoft Graph that it holds.
held_by() {
  az rest --method get --url "${graph}/v1.0/servicePrincipals/$1/appRoleAssignments?\$top=999" \
    --query "value[?resourceId=='${graph_principal}'].appRoleId" --output tsv
}

# PRINCIPAL PERMISSION: give it, with admin consent (an app role assignment is both).
grant() {
  local principal="$1" permission="$2" role held
  role="$(printf '%s\n' "$graph_roles" | awk -F'\t' -v wanted="$permission" '$1 == wanted { print $2 }')"
  [[ -n "$role" ]] || die "Microsoft Graph has no application permission ${permission} in this cloud"
  held="$(held_by "$principal")" || return 1
  if printf '%s\n' "$held" | grep -qxF -- "$role"; then
    return 0
  fi
  say "granting ${permission}"
  az rest --method post --url "${graph}/v1.0/servicePrincipals/${principal}/appRoleAssignments" --output none \
    --headers 'Content-Type=application/json' --body \
    "{\"principalId\": \"${principal}\", \"resourceId\": \"${graph_principal}\", \"appRoleId\": \"${role}\"}"
}

# PRINCIPAL NAME: stop if it may read or change how people sign in, whoever gave it that.
check_no_passes() {
  local principal="$1" name="$2" held role bad=''
  held="$(held_by "$principal")"
  for role in $held; do
    bad="${bad}$(printf '%s\n' "$graph_roles" | awk -F'\t' -v wanted="$role" \
      '$2 == wanted && $1 ~ /^UserAuth(entication)?Method/ { print " " $1 }')"
  done
  [[ -z "$bad" ]] || die "${name} may touch passes:${bad}; take that away from it"
}

unreviewed=''
if [[ "${1:-}" == --unreviewed ]]; then
  unreviewed=yes
  shift
fi
tenant_id="${tenant_id:-${TENANT_ID:-}}"
repository="${1:-${repository:-${GITHUB_REPOSITORY:-}}}"
[[ "$tenant_id" =~ ^[0-9a-fA-F-]{36}$ ]] || die 'say which tenant: TENANT_ID=<its id> ./setup-identities.sh OWNER/REPOSITORY'
[[ "$repository" =~ ^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$ ]] || die 'say which repository: ./setup-identities.sh OWNER/REPOSITORY'

signed_in="$(az account show --query tenantId --output tsv)" ||
  die "sign in first: az login --tenant ${tenant_id} --allow-no-subscriptions"
[[ "$(lower "$signed_in")" == "$(lower "$tenant_id")" ]] ||
  die "signed in to tenant ${signed_in}, and not to ${tenant_id}: az login --tenant ${tenant_id} --allow-no-subscriptions"

graph_principal="$(az ad sp list --filter "appId eq '${graph_app_id}'" --query '[].id' --output tsv)"
[[ -n "$graph_principal" ]] || die 'this tenant has no service principal of Microsoft Graph'
graph_roles="$(az rest --method get --url "${graph}/v1.0/servicePrincipals/${graph_principal}?\$select=appRoles" \
  --query 'appRoles[?isEnabled].[value, id]' --output tsv)"

me="$(az ad signed-in-user show --query id --output tsv 2>/dev/null)" || me='' # an application has none
plan_app="$(find_application "tapctl-${environment}-plan" PLAN_APP_ID "${PLAN_APP_ID:-}" "${plan_subjects[@]}")"
apply_app="$(find_application "tapctl-${environment}-apply" APPLY_APP_ID "${APPLY_APP_ID:-}" "${apply_subjects[@]}")"

github_environment "${environment}-plan" --silent
github_environment "$environment" --silent \
  -F 'deployment_branch_policy[protected_branches]=false' -F 'deployment_branch_policy[custom_branch_policies]=true'
check_protected "$environment"

plan_app="${plan_app:-$(new_application "tapctl-${environment}-plan")}"
plan_principal="$(patiently service_principal "$plan_app")"
for subject in "${plan_subjects[@]}"; do
  patiently trust "$plan_app" "$subject"
done
for permission in "${plan_permissions[@]}"; do
  patiently grant "$plan_principal" "$permission"
done
check_no_passes "$plan_principal" "tapctl-${environment}-plan"

apply_app="${apply_app:-$(new_application "tapctl-${environment}-apply")}"
apply_principal="$(patiently service_principal "$apply_app")"
for subject in "${apply_subjects[@]}"; do
  patiently trust "$apply_app" "$subject"
done
for permission in "${apply_permissions[@]}"; do
  patiently grant "$apply_principal" "$permission"
done
check_no_passes "$apply_principal" "tapctl-${environment}-apply"

cat <<END
Done. Tell each GitHub environment its identity, which is no secret:

  gh variable set AZURE_CLIENT_ID --repo "${repository}" --env "${environment}-plan" --body "${plan_app}"
  gh variable set AZURE_CLIENT_ID --repo "${repository}" --env "${environment}" --body "${apply_app}"
END
