//! The columns of each table, by name, with the Chinese headers that mean the same.

use super::Kind;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    /// Other headers it may have.
    pub chinese: &'static [&'static str],
    /// It must be there, and filled in every row.
    pub must: bool,
}

const fn must(name: &'static str, chinese: &'static [&'static str]) -> Column {
    Column { name, chinese, must: true }
}

const fn may(name: &'static str, chinese: &'static [&'static str]) -> Column {
    Column { name, chinese, must: false }
}

pub(super) const fn of(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Carriers => &CARRIERS,
        Kind::Customers => &CUSTOMERS,
        Kind::Prices => &PRICES,
        Kind::Products => &PRODUCTS,
        Kind::Promotions => &PROMOTIONS,
        Kind::RateCards => &RATE_CARDS,
        Kind::Stock => &STOCK,
        Kind::Warehouses => &WAREHOUSES,
    }
}

const CARRIERS: [Column; 4] = [
    must("code", &["承运商编码", "编码", "快递编码"]),
    must("name", &["承运商名称", "名称", "快递公司"]),
    may("on_time_ppm", &["准时率", "准时率ppm"]),
    may("active", &["启用", "是否启用"]),
];

const CUSTOMERS: [Column; 17] = [
    must("code", &["客户编码", "客户代码", "编码"]),
    must("name", &["客户名称", "公司名称", "名称"]),
    may("contact", &["联系人"]),
    may("phone", &["电话", "联系电话", "手机"]),
    may("email", &["邮箱", "电子邮箱"]),
    may("country", &["国家"]),
    may("region", &["省份", "省"]),
    may("city", &["城市", "市"]),
    may("district", &["区县", "区"]),
    may("street", &["街道地址", "详细地址", "地址"]),
    may("postcode", &["邮编", "邮政编码"]),
    may("customer_group", &["客户组", "价格组"]),
    may("tier", &["客户等级", "等级"]),
    must("currency", &["币种", "货币"]),
    may("credit_limit", &["信用额度"]),
    may("payment_days", &["账期", "账期天数"]),
    may("active", &["启用", "是否启用"]),
];

const PRICES: [Column; 10] = [
    must("sku", &["商品编码", "货号", "物料编码"]),
    must("unit", &["单位"]),
    must("currency", &["币种", "货币"]),
    may("customer", &["客户编码"]),
    may("customer_group", &["客户组", "价格组"]),
    may("channel", &["渠道"]),
    may("min_quantity", &["起订量", "最小数量"]),
    must("unit_price", &["单价", "价格"]),
    may("valid_from", &["生效日期", "开始日期"]),
    may("valid_to", &["失效日期", "结束日期"]),
];

const PRODUCTS: [Column; 14] = [
    must("sku", &["商品编码", "货号", "物料编码"]),
    must("name", &["商品名称", "品名", "名称"]),
    may("name_en", &["英文名称", "英文品名"]),
    may("category", &["类别", "分类"]),
    may("active", &["启用", "是否启用"]),
    must("base_unit", &["基本单位", "单位"]),
    may("units", &["其他单位", "换算单位"]),
    may("weight_g", &["重量克", "重量(克)", "重量（克）"]),
    may("length_mm", &["长毫米", "长(毫米)", "长（毫米）"]),
    may("width_mm", &["宽毫米", "宽(毫米)", "宽（毫米）"]),
    may("height_mm", &["高毫米", "高(毫米)", "高（毫米）"]),
    may("unit_cost", &["单位成本", "成本价"]),
    may("cost_currency", &["成本币种"]),
    may("tax_class", &["税类", "税率类别"]),
];

const PROMOTIONS: [Column; 17] = [
    must("code", &["促销编码", "编码"]),
    must("name", &["促销名称", "名称"]),
    must("kind", &["促销类型", "类型"]),
    may("value", &["优惠值", "折扣百分比"]),
    may("currency", &["币种", "货币"]),
    may("buy", &["购买数量"]),
    may("get", &["赠送数量"]),
    may("skus", &["商品编码", "货号"]),
    may("category", &["类别", "分类"]),
    may("channels", &["渠道"]),
    may("customer_groups", &["客户组", "价格组"]),
    may("valid_from", &["生效日期", "开始日期"]),
    may("valid_to", &["失效日期", "结束日期"]),
    may("min_amount", &["最低金额"]),
    may("min_quantity", &["起订量", "最小数量"]),
    must("stackable", &["可叠加"]),
    may("priority", &["优先级"]),
];

const RATE_CARDS: [Column; 16] = [
    must("carrier", &["承运商", "快递公司"]),
    must("service", &["服务", "产品"]),
    must("warehouse", &["仓库", "发货仓"]),
    must("country", &["国家"]),
    must("region", &["省份", "省"]),
    must("city", &["城市", "市"]),
    may("zone", &["分区", "区域"]),
    must("currency", &["币种", "货币"]),
    must("first_g", &["首重克", "首重(克)", "首重（克）"]),
    must("first_price", &["首重价格", "首重价"]),
    must("step_g", &["续重克", "续重(克)", "续重（克）"]),
    must("step_price", &["续重价格", "续重价"]),
    may("volumetric_divisor", &["体积系数", "抛比"]),
    may("max_weight_g", &["限重克", "限重(克)", "限重（克）"]),
    must("min_days", &["最短天数"]),
    must("max_days", &["最长天数"]),
];

const STOCK: [Column; 6] = [
    must("sku", &["商品编码", "货号", "物料编码"]),
    must("warehouse", &["仓库", "仓库编码"]),
    must("on_hand", &["在库数量", "库存数量", "库存"]),
    may("safety", &["安全库存"]),
    may("reorder_point", &["补货点", "再订货点"]),
    may("reorder_quantity", &["补货数量", "补货量"]),
];

const WAREHOUSES: [Column; 12] = [
    must("code", &["仓库编码", "编码"]),
    must("name", &["仓库名称", "名称"]),
    must("country", &["国家"]),
    may("region", &["省份", "省"]),
    may("city", &["城市", "市"]),
    may("postcode", &["邮编", "邮政编码"]),
    must("latitude", &["纬度"]),
    must("longitude", &["经度"]),
    must("zone", &["时区"]),
    may("cutoff_minute", &["截单分钟", "截单时间"]),
    may("daily_capacity", &["日产能", "日处理量"]),
    may("active", &["启用", "是否启用"]),
];
