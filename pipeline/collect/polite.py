"""Settings in, Scrapy's settings out, with the few parts in which Scrapy is less strict than this crawl must be."""

from importlib.metadata import version
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcache import HttpCacheMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.httpcache import RFC2616Policy
from scrapy.http import Response

from pipeline.collect.addresses import is_same_site
from pipeline.collect.job import Job
from pipeline.collect.local import MAX_BYTES
from pipeline.collect.store import CACHE

ROBOT = "upheld"  # the name that robots.txt may call us by
REFUSALS = frozenset({403, 429, 503})
# Scrapy's own list without the refusals, for which the fetcher waits.
_PASSING = [408, 500, 502, 504, 522, 524]
_HERE = "pipeline.collect.polite"


def scrapy_settings(job: Job) -> dict[str, Any]:
    """Return the settings of one crawl."""
    params = job.params
    return {
        "USER_AGENT": f"{ROBOT}/{version('upheld')} (+{params.contact})",
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOT,
        "DOWNLOAD_DELAY": params.delay_seconds,
        "DOWNLOAD_DELAY_JITTER": 0,  # the delay is a promise, not a mean
        "CONCURRENT_REQUESTS": params.concurrent_requests,
        "CONCURRENT_REQUESTS_PER_DOMAIN": params.concurrent_requests,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": params.delay_seconds,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": params.concurrent_requests,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,  # Scrapy takes any by default
        "DOWNLOAD_TIMEOUT": params.timeout_seconds,
        "DOWNLOAD_MAXSIZE": MAX_BYTES,
        "DOWNLOAD_WARNSIZE": MAX_BYTES,
        "RETRY_TIMES": params.retries,
        "RETRY_HTTP_CODES": _PASSING,
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": True,
        "HTTPCACHE_DIR": str((job.out / CACHE).resolve()),
        "HTTPCACHE_GZIP": True,
        "HTTPCACHE_POLICY": f"{_HERE}.AlwaysAsk",
        "HTTPCACHE_IGNORE_RESPONSE_CACHE_CONTROLS": ["no-cache"],  # every page is asked for again anyway
        # Without max-age=0 a page that was last changed ten years ago would count as fresh for another.
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html",
            "Accept-Encoding": "gzip",
            "Accept-Language": "en",
            "Cache-Control": "max-age=0",
        },
        "DOWNLOADER_MIDDLEWARES": {
            f"{_HERE}.SameSite": 50,
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            f"{_HERE}.HonestCache": 900,
            "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
        },
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "INFO",
    }


class SameSite:
    """Refuses every request to another site, redirects and repeated requests included.

    Scrapy's own middleware compares host names without ports, and lets repeated requests pass.
    """

    def __init__(self, base: str) -> None:
        self.base = base

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the site from the spider."""
        return cls(crawler.spider.job.params.base_url)  # type: ignore[union-attr]

    def process_request(self, request: Request) -> None:
        """Let the request pass.

        Raises:
            IgnoreRequest: it leads off the site.
        """
        if not is_same_site(request.url, self.base):
            raise IgnoreRequest("leads to another site")


class AlwaysAsk(RFC2616Policy):
    """Takes a cached page only where the server has just said that it is unchanged, never in place of an error."""

    def is_cached_response_valid(
        self, cachedresponse: Response, response: Response, request: Request
    ) -> bool:
        """Say whether the cached page may be used for an answer."""
        return response.status == 304


class HonestCache(HttpCacheMiddleware):
    """The cache of listings; a broken connection stays one, instead of turning into an old page."""

    DOWNLOAD_EXCEPTIONS = ()  # type: ignore[assignment]  # none of them is recovered from
