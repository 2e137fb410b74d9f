"""What each background job does, in the words of the administrators' page."""

from hotline.jobs import Job

JOB_WORDS: dict[str, str] = {
    Job.OPEN_SELF_ORDER: "由投诉来电开立自接工单",
    Job.RECONCILE_CALLS: "与线路供应商核对来电",
    Job.FETCH_RECORDING: "取回录音",
    Job.PURGE_RECORDINGS: "清除到期录音",
    Job.COUNT_DAYS: "重算近日统计",
    Job.COUNT_MONTH: "汇总月份",
    Job.REMIND_RETURNS: "催报地市数据",
    Job.COMPARE_SEALED: "核对已封存月份",
    Job.EXPORT_RECORDS: "导出记录",
    Job.RECOUNT_DEADLINES: "重算办理时限",
    Job.MATCH_ORDERS: "匹配来电与工单",
    Job.SUPERVISE_ORDERS: "工单督办",
    Job.ARCHIVE_ORDERS: "工单归档",
    Job.DRAFT_BULLETIN: "生成简报稿",
    Job.PURGE_EXPORTS: "清除过期导出文件",
    Job.PUSH_EVENT: "向对接平台推送",
    Job.TIDY: "整理过期的任务、时刻、心跳与登录痕迹",
}
